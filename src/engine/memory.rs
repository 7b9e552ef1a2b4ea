//! Working memory: aligned blocks that are allocated once and reused for every tile.

/// The unit of allocation; its alignment serves every element type and every vector width.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// A block of bytes aligned to 64.
#[derive(Default)]
pub struct Block {
    lines: Vec<Line>,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({} bytes)", self.lines.len() * 64)
    }
}

impl Block {
    /// A block of at least `bytes` bytes, zeroed.
    pub fn zeroed(bytes: usize) -> Block {
        let mut block = Block::default();
        block.grow(bytes);
        block
    }

    /// Makes room for `bytes`; what was there may be lost.
    pub fn grow(&mut self, bytes: usize) {
        let lines = bytes.div_ceil(64);
        if lines > self.lines.len() {
            // Not resized in place: the old values are not wanted, and copying them costs.
            self.lines = Vec::new();
            self.lines = bytemuck::zeroed_vec(lines);
        }
    }

    /// The first `n` bytes.
    pub fn bytes(&self, n: usize) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..n]
    }

    /// The first `n` bytes, after making room for them.
    pub fn bytes_mut(&mut self, n: usize) -> &mut [u8] {
        self.grow(n);
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..n]
    }

    /// All bytes.
    pub fn all_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.lines)
    }
}
