//! The part of a sum of squares' Hessian that the Jacobian does not show.

/// What one step taught.
pub(super) struct Lesson<'a> {
    /// The step `s`.
    pub step: &'a [f64],
    /// Change of the gradient of `r'r/2`.
    pub gradient_change: &'a [f64],
    /// `(J+ - J)' r+`, which the second-order part times the step should give.
    pub second_change: &'a [f64],
    /// `J+'J+ s`, the weight that takes the gradient change's place where that shows no
    /// positive curvature.
    pub first_order: &'a [f64],
}

/// Dennis, Gay and Welsch 1981, equations 2.5 to 2.8: sizes the matrix, then makes the least
/// change, in the metric of the gradient change, that satisfies the secant condition.
pub(super) fn update(second: &mut [f64], lesson: &Lesson<'_>) {
    let s = lesson.step;
    let known = super::trust_region::multiply(second, s);
    let sizing = size(dot(s, lesson.second_change), dot(s, &known));
    let weight = weight(lesson);
    let curvature = dot(s, weight);
    if !(curvature > 0.0 && curvature.is_finite()) {
        return;
    }
    let n = s.len();
    let miss: Vec<f64> = (0..n)
        .map(|i| lesson.second_change[i] - sizing * known[i])
        .collect();
    let along = dot(s, &miss) / curvature;
    for i in 0..n {
        for j in 0..n {
            let change = miss[i] * weight[j] + weight[i] * miss[j] - along * weight[i] * weight[j];
            second[i * n + j] = sizing * second[i * n + j] + change / curvature;
        }
    }
}

/// How much of the old matrix the new curvature along the step supports.
fn size(wanted: f64, known: f64) -> f64 {
    if known == 0.0 {
        1.0
    } else {
        (wanted / known).abs().min(1.0)
    }
}

fn weight<'a>(lesson: &Lesson<'a>) -> &'a [f64] {
    let first_order = dot(lesson.step, lesson.first_order);
    if dot(lesson.step, lesson.gradient_change) > 0.1 * first_order {
        lesson.gradient_change
    } else {
        lesson.first_order
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
