//! The description of an array: dtype, shape, memory order, axis names; and how axes are named.

use super::{DType, Shape, checked_elements};

/// Which axis is contiguous in storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The last axis (NumPy's `C`).
    C,
    /// The first axis (NumPy's `F`).
    F,
}

/// What an array is, with no word of where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArraySpec {
    /// Element type.
    pub dtype: DType,
    /// Extents, slowest axis first.
    pub shape: Shape,
    /// Storage order; results of steps are always [`Order::C`].
    pub order: Order,
    /// One letter for each axis that has a name.
    pub axes: Vec<Option<char>>,
}

/// Why an axis was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AxisError {
    /// A number outside `-rank..rank`.
    #[error("axis {axis} is out of range for an array of {rank} axes (allowed: {}..={})", -(*.rank as i64), *.rank as i64 - 1)]
    OutOfRange { axis: i64, rank: usize },
    /// A letter that no axis of the array has.
    #[error("the array has no axis named \"{name}\"; its axes are {have}")]
    Unnamed { name: char, have: String },
    /// The same axis twice.
    #[error("axis {axis} is given twice")]
    Twice { axis: String },
}

impl ArraySpec {
    /// A C-order array without axis names.
    pub fn new(dtype: DType, shape: &[u64]) -> ArraySpec {
        ArraySpec { dtype, shape: shape.to_vec(), order: Order::C, axes: vec![None; shape.len()] }
    }

    /// The same array with names, one letter for each axis; see [`parse_axis_names`].
    pub fn with_axes(mut self, axes: Vec<Option<char>>) -> ArraySpec {
        debug_assert_eq!(axes.len(), self.shape.len());
        self.axes = axes;
        self
    }

    /// The same shape and names with another dtype, in C order.
    pub fn as_dtype(&self, dtype: DType) -> ArraySpec {
        ArraySpec { dtype, shape: self.shape.clone(), order: Order::C, axes: self.axes.clone() }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements; `None` past 2^63 - 1.
    pub fn elements(&self) -> Option<u64> {
        checked_elements(&self.shape)
    }

    /// Bytes of all elements; `None` past 2^63 - 1.
    pub fn bytes(&self) -> Option<u64> {
        self.elements()?.checked_mul(self.dtype.size() as u64).filter(|b| *b <= i64::MAX as u64)
    }

    /// How an axis is called in messages: its letter, or its number.
    pub fn axis_label(&self, axis: usize) -> String {
        self.axes.get(axis).copied().flatten().map_or_else(|| axis.to_string(), |c| c.to_string())
    }

    /// The names as written in files (`tyx`), where all axes have one.
    pub fn axis_names(&self) -> Option<String> {
        if self.axes.is_empty() { None } else { self.axes.iter().copied().collect() }
    }

    /// The axis with this letter.
    pub fn axis_named(&self, name: char) -> Option<usize> {
        self.axes.iter().position(|a| *a == Some(name))
    }

    /// Turns an axis number (negative from the end) into an index.
    pub fn resolve_axis(&self, axis: i64) -> Result<usize, AxisError> {
        let rank = self.rank() as i64;
        let index = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&index) {
            Ok(index as usize)
        } else {
            Err(AxisError::OutOfRange { axis, rank: self.rank() })
        }
    }

    /// Turns a letter into an index.
    pub fn resolve_name(&self, name: char) -> Result<usize, AxisError> {
        self.axis_named(name).ok_or_else(|| AxisError::Unnamed {
            name,
            have: self.axis_names().map_or_else(|| "not named".to_string(), |n| format!("\"{n}\"")),
        })
    }
}

/// Reads axis names as written in files and options: one distinct ASCII letter for each axis.
pub fn parse_axis_names(names: &str, rank: usize) -> Result<Vec<Option<char>>, String> {
    let letters: Vec<char> = names.chars().collect();
    if letters.len() != rank {
        return Err(format!("axes = \"{names}\" names {} axes, the array has {rank}", letters.len()));
    }
    for (i, c) in letters.iter().enumerate() {
        if !c.is_ascii_alphabetic() {
            return Err(format!("axes = \"{names}\": '{c}' is not a letter (axis names are single letters)"));
        }
        if letters[..i].contains(c) {
            return Err(format!("axes = \"{names}\": '{c}' appears twice"));
        }
    }
    Ok(letters.into_iter().map(Some).collect())
}

/// The common shape of several arrays, its axis names, and for each array the common axis that each
/// of its axes follows.
pub type Broadcast = (Shape, Vec<Option<char>>, Vec<Vec<usize>>);

/// Lines up arrays for element-wise work. Returns the common shape with names and, for each array,
/// the common axis that each of its axes follows.
///
/// Arrays whose axes are all named are matched by name (an axis that one lacks is broadcast);
/// as soon as one has an unnamed axis, all are matched from the right, as NumPy does. Extents of 1
/// stretch.
pub fn broadcast_axes(arrays: &[&ArraySpec]) -> Result<Broadcast, String> {
    let named = arrays.iter().filter(|a| a.rank() > 0).all(|a| a.axes.iter().all(Option::is_some));
    let mut widest = arrays.iter().max_by_key(|a| a.rank()).map_or(Vec::new(), |a| a.axes.clone());
    if named {
        // Names that the widest array lacks are appended in the order they come; the widest
        // array's own order decides the rest.
        for a in arrays {
            for name in &a.axes {
                if !widest.contains(name) {
                    widest.push(*name);
                }
            }
        }
    }
    let rank = widest.len();
    let mut shape = vec![1u64; rank];
    let mut maps = Vec::with_capacity(arrays.len());
    for a in arrays {
        let map: Vec<usize> = (0..a.rank())
            .map(|i| if named { widest.iter().position(|n| *n == a.axes[i]).unwrap_or(i) } else { rank - a.rank() + i })
            .collect();
        for (i, &axis) in map.iter().enumerate() {
            match (shape[axis], a.shape[i]) {
                (have, new) if have == new || new == 1 => {}
                (1, new) => shape[axis] = new,
                (have, new) => {
                    return Err(format!(
                        "shapes do not broadcast: axis {} has extent {have} in one array and {new} in another ({})",
                        widest[axis].map_or_else(|| axis.to_string(), |c| c.to_string()),
                        arrays.iter().map(|a| format!("{:?}", a.shape)).collect::<Vec<_>>().join(" with "),
                    ));
                }
            }
        }
        maps.push(map);
    }
    Ok((shape, widest, maps))
}
