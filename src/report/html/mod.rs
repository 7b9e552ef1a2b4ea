//! x
mod axis;
mod graph;
mod histogram;
mod layers;
mod sample;
mod thumbnail;
mod timeline;
pub use timeline::Timeline;
