//! The header of `.npy` files: reading it by a small grammar, and writing it as NumPy does.
//!
//! Owns the format (versions 1.0, 2.0, 3.0) and its limits. Refuses to evaluate: the header is text
//! of a known form, never a program. Works on bytes; refuses to know files.

use crate::array::{ArraySpec, DType, Endian, Order};

/// The first bytes of every `.npy` file.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Where the data begins in files that Tilewise writes: on a page, and where every reader looks.
pub(super) const DATA_OFFSET: u64 = 4096;
/// Headers longer than this are refused; NumPy itself stops at 10,000 by default.
pub(super) const HEADER_BYTES_MAX: usize = 65_536;
/// More axes than this are refused, as in NumPy 1.
pub(super) const AXES_MAX: usize = 32;

/// What a header says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) endian: Endian,
    pub(super) order: Order,
    pub(super) shape: Vec<u64>,
    /// Where the data begins.
    pub(super) offset: u64,
}

/// The element type of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Known(DType),
    /// Two bytes without a meaning: what `ml_dtypes` writes for bfloat16.
    Void2,
}

/// Why a header was refused.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refusal {
    /// Not what the format allows, at this byte of the file.
    Malformed { offset: u64, what: String },
    /// Allowed, and not read here.
    Unsupported(String),
    /// The file ends inside the header.
    Truncated { need: u64 },
}

/// Where the text of the header lies, from the first bytes of a file (12 suffice).
pub(super) fn text_range(start: &[u8]) -> Result<(usize, usize), Refusal> {
    let malformed = |offset, what: String| Refusal::Malformed { offset, what };
    if start.len() < MAGIC.len() + 2 {
        return Err(Refusal::Truncated { need: 10 });
    }
    if &start[..6] != MAGIC {
        return Err(malformed(0, "the file does not begin with \\x93NUMPY".into()));
    }
    let version = (start[6], start[7]);
    let (at, len) = match version {
        (1, 0) => match start.get(8..10) {
            Some(b) => (10, usize::from(u16::from_le_bytes([b[0], b[1]]))),
            None => return Err(Refusal::Truncated { need: 10 }),
        },
        (2 | 3, 0) => match start.get(8..12) {
            Some(b) => (12, u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize),
            None => return Err(Refusal::Truncated { need: 12 }),
        },
        (a, b) => return Err(malformed(6, format!("format version {a}.{b} is not 1.0, 2.0 or 3.0"))),
    };
    if len > HEADER_BYTES_MAX {
        return Err(malformed(8, format!("the header claims {len} bytes, the limit is {HEADER_BYTES_MAX}")));
    }
    Ok((at, len))
}

/// Reads a header from the first bytes of a file, which reach at least to its end.
pub(super) fn parse(start: &[u8]) -> Result<Header, Refusal> {
    let (at, len) = text_range(start)?;
    let text = start.get(at..at + len).ok_or(Refusal::Truncated { need: (at + len) as u64 })?;
    let mut parser = Parser { text, at: 0, base: at };
    let (descr, fortran, shape) = parser.header()?;
    let (kind, endian) = parser.descr(&descr.0, descr.1)?;
    let order = if fortran { Order::F } else { Order::C };
    Ok(Header { kind, endian, order, shape, offset: (at + len) as u64 })
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the text begins in the file, for messages.
    base: usize,
}

impl Parser<'_> {
    fn fail<T>(&self, what: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal::Malformed { offset: (self.base + self.at) as u64, what: what.into() })
    }

    /// The next byte that is not white space, not consumed.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.eat(byte) { Ok(()) } else { self.fail(format!("'{}' expected", char::from(byte))) }
    }

    /// `header := '{' [ pair { ',' pair } [ ',' ] ] '}'`; each of the three keys exactly once.
    #[allow(clippy::type_complexity)]
    fn header(&mut self) -> Result<((String, usize), bool, Vec<u64>), Refusal> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while !self.eat(b'}') {
            let key = self.string()?;
            self.expect(b':')?;
            let twice = match key.as_str() {
                "descr" => {
                    let before = self.descr_text()?;
                    descr.replace(before).is_some()
                }
                "fortran_order" => fortran.replace(self.truth()?).is_some(),
                "shape" => shape.replace(self.extents()?).is_some(),
                other => return self.fail(format!("unknown key '{}'", other.escape_default())),
            };
            if twice {
                return self.fail(format!("key '{key}' appears twice"));
            }
            if !self.eat(b',') {
                self.expect(b'}')?;
                break;
            }
        }
        if self.peek().is_some() {
            return self.fail("text after the closing '}'");
        }
        match (descr, fortran, shape) {
            (Some(d), Some(f), Some(s)) => Ok((d, f, s)),
            (None, ..) => self.fail("key 'descr' is missing"),
            (_, None, _) => self.fail("key 'fortran_order' is missing"),
            _ => self.fail("key 'shape' is missing"),
        }
    }

    /// `string := "'" { byte } "'"`, or with double quotes; no escapes, which no dtype needs.
    fn string(&mut self) -> Result<String, Refusal> {
        let Some(quote @ (b'\'' | b'"')) = self.peek() else { return self.fail("a quoted string expected") };
        let rest = &self.text[self.at + 1..];
        match rest.iter().position(|b| *b == quote || *b == b'\\') {
            Some(end) if rest[end] == quote => {
                self.at += end + 2;
                Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
            }
            _ => self.fail("the string does not end"),
        }
    }

    fn descr_text(&mut self) -> Result<(String, usize), Refusal> {
        match self.peek() {
            Some(b'[') => Err(Refusal::Unsupported(
                "structured arrays (records with fields) are not read; save one field: np.save(file, a['field'])"
                    .into(),
            )),
            Some(b'(') => Err(Refusal::Unsupported("sub-array dtypes are not read; save the plain array".into())),
            _ => {
                let at = self.at;
                Ok((self.string()?, at))
            }
        }
    }

    fn truth(&mut self) -> Result<bool, Refusal> {
        self.peek();
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        self.fail("True or False expected")
    }

    /// `extents := '(' [ number { ',' number } [ ',' ] ] ')'`; one number needs its comma, as in Python.
    fn extents(&mut self) -> Result<Vec<u64>, Refusal> {
        self.expect(b'(')?;
        let mut extents = Vec::new();
        let mut comma = true;
        while !self.eat(b')') {
            if !comma {
                return self.fail("',' or ')' expected");
            }
            if extents.len() == AXES_MAX {
                return self.fail(format!("more than {AXES_MAX} axes"));
            }
            extents.push(self.number()?);
            comma = self.eat(b',');
        }
        if extents.len() == 1 && !comma {
            return self.fail("the shape is a number, not a tuple");
        }
        Ok(extents)
    }

    fn number(&mut self) -> Result<u64, Refusal> {
        if self.peek() == Some(b'-') {
            return self.fail("negative extent in 'shape'");
        }
        let digits = self.text[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return self.fail("a number expected");
        }
        let value = self.text[self.at..self.at + digits].iter().try_fold(0u64, |n, b| {
            n.checked_mul(10)?.checked_add(u64::from(b - b'0')).filter(|n| *n <= i64::MAX as u64)
        });
        let Some(value) = value else { return self.fail("an extent is beyond 2^63 - 1") };
        self.at += digits;
        // Python 2 wrote long integers with an L.
        self.at += usize::from(self.text.get(self.at) == Some(&b'L'));
        Ok(value)
    }

    fn descr(&mut self, descr: &str, at: usize) -> Result<(Kind, Endian), Refusal> {
        let (endian, code) = match descr.as_bytes().first() {
            Some(b'<') => (Endian::Little, &descr[1..]),
            Some(b'>') => (Endian::Big, &descr[1..]),
            Some(b'|' | b'=') => (Endian::NATIVE, &descr[1..]),
            _ => (Endian::NATIVE, descr),
        };
        let dtype = match code {
            "b1" | "?" => DType::Bool,
            "u1" => DType::U8,
            "u2" => DType::U16,
            "u4" => DType::U32,
            "u8" => DType::U64,
            "i1" => DType::I8,
            "i2" => DType::I16,
            "i4" => DType::I32,
            "i8" => DType::I64,
            "f2" => DType::F16,
            "f4" => DType::F32,
            "f8" => DType::F64,
            "c8" => DType::C64,
            "c16" => DType::C128,
            "V2" => return Ok((Kind::Void2, endian)),
            _ => {
                self.at = at;
                return self.fail_descr(descr, code);
            }
        };
        Ok((Kind::Known(dtype), endian))
    }

    fn fail_descr<T>(&self, descr: &str, code: &str) -> Result<T, Refusal> {
        let shown = descr.escape_default();
        let what = match code.as_bytes().first() {
            Some(b'O') => "object arrays (pickled Python objects) are refused: reading one would run code from \
                           the file; save it with a numeric dtype"
                .to_string(),
            Some(b'U' | b'S' | b'a' | b'T') => format!("dtype '{shown}' holds strings; only numbers and bool are read"),
            Some(b'M' | b'm') => {
                format!("dtype '{shown}' is a date or time; save it as numbers first: a.astype('i8')")
            }
            Some(b'V') => format!("dtype '{shown}' has no numeric meaning; only numbers and bool are read"),
            Some(b'f' | b'c') if matches!(code, "f12" | "f16" | "c24" | "c32") => {
                format!("dtype '{shown}' (long double) differs between machines; save it as f8 or c16")
            }
            _ => return self.fail(format!("unknown dtype '{shown}'")),
        };
        Err(Refusal::Unsupported(what))
    }
}

/// NumPy's name for a dtype, as in `descr`. bfloat16 has none and is written as `ml_dtypes` does.
pub(super) fn descr(dtype: DType, endian: Endian) -> String {
    let code = match dtype {
        DType::Bool => "b1",
        DType::U8 => "u1",
        DType::U16 => "u2",
        DType::U32 => "u4",
        DType::U64 => "u8",
        DType::I8 => "i1",
        DType::I16 => "i2",
        DType::I32 => "i4",
        DType::I64 => "i8",
        DType::F16 => "f2",
        DType::BF16 => "V2",
        DType::F32 => "f4",
        DType::F64 => "f8",
        DType::C64 => "c8",
        DType::C128 => "c16",
    };
    let mark = match (dtype.size(), endian) {
        (1, _) => '|',
        (_, Endian::Little) => '<',
        (_, Endian::Big) => '>',
    };
    format!("{mark}{code}")
}

/// A header of exactly [`DATA_OFFSET`] bytes, in NumPy's own words.
pub(super) fn header(spec: &ArraySpec, endian: Endian) -> Vec<u8> {
    let mut shape: Vec<String> = spec.shape.iter().map(u64::to_string).collect();
    if shape.len() == 1 {
        shape.push(String::new());
    }
    let text = format!(
        "{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}",
        descr(spec.dtype, endian),
        if spec.order == Order::F { "True" } else { "False" },
        shape.join(", ").trim_end_matches(' '),
    );
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((DATA_OFFSET as u16 - 10).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.resize(DATA_OFFSET as usize - 1, b' ');
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, text: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        if version == 1 {
            bytes.extend((text.len() as u16).to_le_bytes());
        } else {
            bytes.extend((text.len() as u32).to_le_bytes());
        }
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let text = "{'descr': '>f4', 'fortran_order': True, 'shape': (3, 4), }   \n";
        for version in [1, 2, 3] {
            let h = parse(&file(version, text)).expect("valid");
            assert_eq!((h.kind, h.endian, h.order), (Kind::Known(DType::F32), Endian::Big, Order::F));
            assert_eq!(h.shape, [3, 4]);
            assert_eq!(h.offset as usize, text.len() + if version == 1 { 10 } else { 12 });
        }
        let odd = "{\"shape\": (7L,), 'descr': '|b1','fortran_order':False}\n";
        assert_eq!(parse(&file(1, odd)).expect("valid").shape, [7]);
        let none = "{'descr': '<c16', 'fortran_order': False, 'shape': (), }\n";
        assert_eq!(parse(&file(1, none)).expect("valid").shape, Vec::<u64>::new());
    }

    #[test]
    fn what_is_written_is_read_for_every_dtype() {
        for dtype in DType::ALL {
            for (endian, order) in [(Endian::Little, Order::C), (Endian::Big, Order::F)] {
                for shape in [vec![], vec![5], vec![2, 3], vec![u32::MAX as u64; 1], vec![1; 32]] {
                    let mut spec = ArraySpec::new(dtype, &shape);
                    spec.order = order;
                    let bytes = header(&spec, endian);
                    assert_eq!(bytes.len() as u64, DATA_OFFSET);
                    let h = parse(&bytes).expect("our own header");
                    assert_eq!((h.order, &h.shape, h.offset), (order, &shape, DATA_OFFSET));
                    assert_eq!(h.kind, if dtype == DType::BF16 { Kind::Void2 } else { Kind::Known(dtype) });
                    assert!(dtype.size() == 1 || h.endian == endian);
                }
            }
        }
        let text = header(&ArraySpec::new(DType::F32, &[7]), Endian::Little);
        let start = "{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }  ";
        assert_eq!(std::str::from_utf8(&text[10..10 + start.len()]), Ok(start));
    }

    #[test]
    fn bad_headers_are_refused_where_they_are_bad() {
        let d = "'descr': '<f4', 'fortran_order': False";
        let cases = [
            (format!("{{{d}, 'shape': (3, -4), }}"), "negative extent"),
            (format!("{{{d}, 'shape': (3), }}"), "not a tuple"),
            (format!("{{{d}, 'shape': (9223372036854775808,), }}"), "2^63"),
            (format!("{{{d}, 'shape': ({}), }}", "1,".repeat(33)), "32 axes"),
            (format!("{{{d}}}"), "'shape' is missing"),
            (format!("{{{d}, 'shape': (1,), 'x': 1}}"), "unknown key 'x'"),
            (format!("{{{d}, {d}, 'shape': (1,)}}"), "twice"),
            (format!("{{{d}, 'shape': (1,)}} import os"), "after the closing"),
            ("{'descr': '<f3', 'fortran_order': False, 'shape': (1,)}".into(), "unknown dtype"),
            ("{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}".into(), "expected"),
            ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}".into(), "True or False"),
            (String::new(), "'{' expected"),
        ];
        for (text, want) in cases {
            match parse(&file(1, &text)) {
                Err(Refusal::Malformed { what, .. }) => assert!(what.contains(want), "{text}: {what}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        for (code, want) in [
            ("'|O'", "object arrays"),
            ("'<U7'", "strings"),
            ("'<M8[ns]'", "date"),
            ("[('a', '<f4')]", "structured"),
            ("('<f4', (2,))", "sub-array"),
            ("'|V8'", "no numeric meaning"),
            ("'<f16'", "long double"),
        ] {
            let text = format!("{{'descr': {code}, 'fortran_order': False, 'shape': (1,)}}");
            match parse(&file(2, &text)) {
                Err(Refusal::Unsupported(what)) => assert!(what.contains(want), "{text}: {what}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert_eq!(parse(b"\x93NUMPY\x01"), Err(Refusal::Truncated { need: 10 }));
        assert!(matches!(parse(b"\x93NUMPY\x01\x00\xff\x00{"), Err(Refusal::Truncated { need: 265 })));
        assert!(matches!(parse(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), Err(Refusal::Malformed { offset: 8, .. })));
    }

    proptest::proptest! {
        #[test]
        fn random_bytes_never_panic(version in 0u8..5, body in proptest::collection::vec(0u8..=255, 0..200)) {
            let mut bytes = MAGIC.to_vec();
            bytes.extend([version, 0]);
            bytes.extend(&body);
            let _ = parse(&bytes);
            let _ = parse(&body);
        }

        #[test]
        fn random_text_never_panics(text in "[{}()\\[\\]',:a-f0-9<>|VTFrueals_ \"\\\\é-]{0,80}") {
            let _ = parse(&file(1, &text));
            let _ = parse(&file(3, &format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {text}")));
            let _ = parse(&file(3, &format!("{{'descr': '{text}', 'fortran_order': False, 'shape': (1,)}}")));
        }
    }
}
