//! How the operands of a tile lie: few long axes where the tile allows it, and the blocks over them.
//! Owns the arithmetic of strides; knows no dtypes and no operations.

/// Operands and result of a tile over common axes, neighbours joined where every operand allows it.
#[derive(Debug)]
pub struct Layout {
    /// Extents; never empty, the last one is the row.
    pub shape: Vec<usize>,
    /// For each operand its strides in elements; 0 where it is broadcast.
    pub strides: Vec<Vec<usize>>,
    /// For each operand, whether it lies exactly as the result does.
    dense: Vec<bool>,
}

/// A run of consecutive elements of the result: part of a row, or several whole rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// The first row, in C order.
    pub row: usize,
    /// The first element in it.
    pub column: usize,
    pub rows: usize,
    /// Elements of each row.
    pub columns: usize,
}

/// Where the elements of an operand lie for a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// One after the other from here on.
    Run(usize),
    /// One value for all.
    One(usize),
    /// Here and there.
    Scattered,
}

impl Layout {
    /// `strides` has, for each operand, a stride for each axis of `shape`.
    pub fn new(shape: &[usize], strides: &[Vec<usize>]) -> Layout {
        let mut joined: Vec<usize> = Vec::new();
        let mut steps: Vec<Vec<usize>> = vec![Vec::new(); strides.len()];
        for (axis, &n) in shape.iter().enumerate() {
            if n == 1 {
                continue;
            }
            // An axis continues the one before it where a step there is a whole row here.
            let joins = !joined.is_empty()
                && steps.iter().zip(strides).all(|(have, of)| have.last().is_some_and(|s| *s == of[axis] * n));
            if let (true, Some(last)) = (joins, joined.last_mut()) {
                *last *= n;
                steps.iter_mut().zip(strides).for_each(|(have, of)| {
                    have.pop();
                    have.push(of[axis]);
                });
            } else {
                joined.push(n);
                steps.iter_mut().zip(strides).for_each(|(have, of)| have.push(of[axis]));
            }
        }
        if joined.is_empty() {
            joined.push(1);
            steps.iter_mut().for_each(|s| s.push(1));
        }
        let is_dense = |s: &Vec<usize>| {
            let mut want = 1;
            s.iter().zip(&joined).rev().all(|(stride, n)| {
                let same = *stride == want;
                want *= n;
                same
            })
        };
        let dense = steps.iter().map(is_dense).collect();
        Layout { shape: joined, strides: steps, dense }
    }

    fn row_len(&self) -> usize {
        self.shape[self.shape.len() - 1]
    }

    /// Blocks of at most `most` elements that cover the tile in C order. Short rows go together.
    pub fn blocks(&self, most: usize) -> impl Iterator<Item = Block> + use<> {
        let n = self.row_len();
        let rows: usize = self.shape[..self.shape.len() - 1].iter().product();
        let together = if n * 4 <= most { (most / n.max(1)).max(1) } else { 1 };
        let pieces = n.div_ceil(most);
        (0..if n == 0 { 0 } else { rows }).step_by(together).flat_map(move |row| {
            (0..pieces).map(move |p| {
                let column = p * most;
                Block { row, column, rows: together.min(rows - row), columns: most.min(n - column) }
            })
        })
    }

    /// The position in the result of a block's first element.
    pub fn position(&self, block: Block) -> usize {
        block.row * self.row_len() + block.column
    }

    /// The offset of an element of an operand.
    fn offset(&self, operand: usize, row: usize, column: usize) -> usize {
        let strides = &self.strides[operand];
        let last = self.shape.len() - 1;
        let (mut rest, mut at) = (row, column * strides[last]);
        for a in (0..last).rev() {
            at += rest % self.shape[a] * strides[a];
            rest /= self.shape[a];
        }
        at
    }

    /// Where an operand's elements lie for a block.
    pub fn place(&self, operand: usize, block: Block) -> Place {
        let step = self.strides[operand][self.shape.len() - 1];
        if self.dense[operand] {
            return Place::Run(self.position(block));
        }
        let at = self.offset(operand, block.row, block.column);
        match (block.rows, step) {
            (1, 1) => Place::Run(at),
            (1, 0) => Place::One(at),
            _ => Place::Scattered,
        }
    }

    /// Brings the elements of a scattered operand together.
    pub fn gather<T: Copy>(&self, operand: usize, block: Block, from: &[T], to: &mut [T]) {
        let step = self.strides[operand][self.shape.len() - 1];
        for (i, to) in to.chunks_exact_mut(block.columns).take(block.rows).enumerate() {
            let at = self.offset(operand, block.row + i, block.column);
            match step {
                0 => to.fill(from[at]),
                1 => to.copy_from_slice(&from[at..at + block.columns]),
                _ => to.iter_mut().zip(from[at..].iter().step_by(step)).for_each(|(t, f)| *t = *f),
            }
        }
    }
}
