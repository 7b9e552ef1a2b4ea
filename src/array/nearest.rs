//! The word that was probably meant, for messages about names that do not exist.

/// The known name nearest to a misspelt one, where one is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |k: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &k.to_lowercase());
    let best = known.into_iter().filter(|k| !k.is_empty()).min_by_key(|k| distance(k))?;
    let (length, longest) = (name.chars().count(), name.chars().count().max(best.chars().count()));
    // Short names that share no letter are not alike, however few there are to change.
    (distance(best) <= 2.max(length / 3) && distance(best) < longest).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_is_near() {
        assert_eq!(nearest("gausian", ["median", "gaussian"]), Some("gaussian"));
        assert_eq!(nearest("temp", ["temps", "wind"]), Some("temps"));
        assert_eq!(nearest("c", ["a", "b"]), None);
        assert_eq!(nearest("t", ["ts"]), Some("ts"));
        assert_eq!(nearest("pressure", ["wind", ""]), None);
    }
}
