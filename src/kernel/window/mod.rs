//! Windows and scans along one axis.
