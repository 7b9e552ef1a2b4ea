//! How bytes travel between files and the memory of a run: names that all layers share.

/// How the bytes of one array travel. A way never changes a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IoWay {
    /// The file is mapped; the page cache is where tiles are read and written.
    #[default]
    Mapped,
    /// Through the page cache by positioned calls: for writing to file systems that are not to be mapped.
    Buffered,
    /// Past the page cache (O_DIRECT).
    Direct,
}

impl IoWay {
    /// As plans show it.
    pub fn name(self) -> &'static str {
        match self {
            IoWay::Mapped => "mapped",
            IoWay::Buffered => "pwrite",
            IoWay::Direct => "direct",
        }
    }
}

/// What a user asks for; part of the schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IoChoice {
    /// The planner decides, for each array.
    #[default]
    Auto,
    /// Map inputs and outputs.
    Mmap,
    /// Map inputs, write outputs by positioned calls.
    Pwrite,
    /// Read and write past the page cache.
    Direct,
}

impl IoChoice {
    pub const NAMES: [&'static str; 4] = ["auto", "mmap", "pwrite", "direct"];

    pub fn name(self) -> &'static str {
        IoChoice::NAMES[self as usize]
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<IoChoice> {
        [IoChoice::Auto, IoChoice::Mmap, IoChoice::Pwrite, IoChoice::Direct].into_iter().find(|c| c.name() == name)
    }
}

/// How an output comes to the disk. Never changes what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputIo {
    /// How tiles are written. What a file system does not do is done through the page cache instead, see
    /// [`Output::fell_back`](crate::storage::Output::fell_back).
    pub way: IoWay,
    /// Written bytes that may wait for the disk at a time; the rest is waited for.
    pub dirty_bytes_max: u64,
    /// Threads that write past the page cache while tiles are computed, each with a block of
    /// [`IO_BLOCK_BYTES`]; 0 for none.
    pub writers: u64,
}

impl Default for OutputIo {
    /// Mapped, and the system writes when it likes.
    fn default() -> Self {
        OutputIo { way: IoWay::Mapped, dirty_bytes_max: u64::MAX, writers: 0 }
    }
}

/// Pieces of an output that is not mapped are gathered in blocks: bytes of one, of which each worker has one, and each thread that
/// writes.
pub const IO_BLOCK_BYTES: u64 = 512 << 10;
