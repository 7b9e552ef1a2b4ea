//! Groups of what lies far apart, of nothing, and of labels that have none.

use super::*;
use crate::array::Element;
use crate::kernel::trial::{Array, run};
use crate::kernel::{KernelError, Value};

fn grouped(given: &[(&str, Value)], inputs: &[Array], tile: &[u64]) -> Result<Array, KernelError> {
    let labels = ("labels".to_string(), Value::Str("l".into()));
    let given: Vec<(String, Value)> = given.iter().map(|(n, v)| (n.to_string(), v.clone())).chain([labels]).collect();
    let specs: Vec<ArraySpec> = inputs.iter().map(|a| a.spec.clone()).collect();
    let params = Params::check(GROUPED.params, &given).unwrap();
    let variants = (GROUPED.parse)(&params).unwrap().bind(&specs).map_err(|e| KernelError::new(e.to_string()))?;
    run(&variants[0], inputs, tile).map(|mut all| all.remove(0))
}

fn stat(name: &str) -> (&'static str, Value) {
    ("stat", Value::Str(name.into()))
}

fn of<T: Element + Clone>(array: Result<Array, KernelError>) -> Vec<T> {
    array.unwrap().data::<T>().to_vec()
}

#[test]
fn a_climatology_is_labels_along_one_axis() {
    let data: Vec<f32> = (0..24).map(|i| (i * i % 13) as f32).collect();
    let inputs = [Array::from(&[4, 2, 3], &data), Array::from(&[4], &[1i64, 0, -1, 1])];
    let axes = ("axes", Value::Int(0));
    for tile in [[1, 1, 1], [4, 2, 3], [3, 1, 2]] {
        let mean = grouped(&[stat("mean"), axes.clone()], &inputs, &tile).unwrap();
        assert_eq!(mean.spec.shape, [2, 2, 3]);
        let want: Vec<f64> = (0..12)
            .map(|i| if i < 6 { f64::from(data[6 + i]) } else { f64::from(data[i - 6] + data[12 + i]) / 2.0 })
            .collect();
        assert_eq!(mean.data::<f64>(), want);
        let groups = ("groups", Value::Int(4));
        let low = grouped(&[stat("min"), axes.clone(), groups], &inputs, &tile).unwrap();
        assert!(low.spec.shape == [4, 2, 3] && low.data::<f32>()[12..].iter().all(|x| x.is_nan()));
    }
}

#[test]
fn empty_groups_and_stray_labels() {
    let inputs = [Array::from(&[4], &[1i32, 2, 3, 4]), Array::from(&[4], &[2u8, 0, 2, 0])];
    assert_eq!(of::<i64>(grouped(&[stat("sum")], &inputs, &[2])), [6, 0, 4]);
    assert_eq!(of::<i64>(grouped(&[stat("count")], &inputs, &[2])), [2, 0, 2]);
    assert!(of::<f64>(grouped(&[stat("var")], &inputs, &[2]))[1].is_nan());
    let error = grouped(&[stat("max")], &inputs, &[2]).unwrap_err();
    assert!(error.message.contains("group 1: the max of nothing"), "{error}");
    let error = grouped(&[stat("sum"), ("groups", Value::Int(2))], &inputs, &[4]).unwrap_err();
    assert_eq!((error.at, error.message.contains("the label 2 has no group")), (Some(vec![0]), true));
    let vast = [inputs[0].clone(), Array::from(&[4], &[u64::MAX, 0, 1, 1])];
    assert!(grouped(&[stat("sum")], &vast, &[4]).is_err());
    let floats = [inputs[0].clone(), Array::from(&[4], &[0.0f32; 4])];
    assert!(grouped(&[stat("sum")], &floats, &[4]).unwrap_err().message.contains("labels are integers or bool"));
    let full = [Array::from(&[2, 2], &[1u8; 4]), Array::from(&[2, 2], &[0u8; 4])];
    let error = grouped(&[stat("sum"), ("axes", Value::Int(0))], &full, &[2, 2]).unwrap_err();
    assert!(error.message.contains("how many groups are there"), "{error}");
}

#[test]
fn sums_do_not_lose_what_cancels() {
    let x = [1e300, 1.0, -1e300, f64::INFINITY, 2.0, f64::NAN, 1e-300, -1e-300];
    let inputs = [Array::from(&[8], &x), Array::from(&[8], &[0i16, 0, 0, 1, 1, 2, 3, 3])];
    for tile in [1, 2, 8] {
        let sums = of::<f64>(grouped(&[stat("sum")], &inputs, &[tile]));
        assert!(sums[0] == 1.0 && sums[1] == f64::INFINITY && sums[2].is_nan() && sums[3] == 0.0, "{sums:?}");
        let skip = ("skipna", Value::Bool(true));
        let counts = of::<i64>(grouped(&[stat("count"), skip.clone()], &inputs, &[tile]));
        assert_eq!(counts, [3, 2, 0, 2]);
        assert!(of::<f64>(grouped(&[stat("std"), skip], &inputs, &[tile]))[1].is_nan());
    }
    let far: Vec<f64> = (0..6).map(|i| 1e15 + f64::from(i)).collect();
    let inputs = [
        Array::from(&[6], &far),
        Array::from(&[6], &[true, false, true, false, true, false].map(crate::array::Bool::from)),
    ];
    assert_eq!(of::<f64>(grouped(&[stat("var")], &inputs, &[4])), [8.0 / 3.0, 8.0 / 3.0]);
    assert_eq!(of::<f64>(grouped(&[stat("var"), ("ddof", Value::Int(1))], &inputs, &[4])), [4.0, 4.0]);
}
