//! Neighbourhood filters of images and volumes, and resampling.
