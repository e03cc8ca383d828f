//! Which numbers are searched for, in which order, from where and within which bounds.

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Element of the lower-triangular root of the covariance of tastes.
    Sigma {
        /// Random coefficient.
        row: usize,
        /// Column of the root.
        column: usize,
    },
    /// Effect of a demographic on a random coefficient.
    Pi {
        /// Random coefficient.
        row: usize,
        /// Demographic.
        column: usize,
    },
    /// Nesting parameter of a group of nests.
    Rho {
        /// Group.
        group: usize,
    },
    /// Coefficient of mean utility that is not solved for.
    Beta {
        /// Column of the linear characteristics.
        column: usize,
    },
    /// Coefficient of marginal cost that is not solved for.
    Gamma {
        /// Column of the cost characteristics.
        column: usize,
    },
}

impl Kind {
    /// Whether the inverted mean utilities depend on it.
    pub fn moves_mean_utility(self) -> bool {
        matches!(
            self,
            Kind::Sigma { .. } | Kind::Pi { .. } | Kind::Rho { .. }
        )
    }
}

/// A parameter that is searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// What it is.
    pub kind: Kind,
    /// Name for tables: matrix and labels of row and column.
    pub name: String,
    /// Starting value.
    pub start: f64,
    /// Lower bound; `-inf` for none.
    pub lower: f64,
    /// Upper bound; `inf` for none.
    pub upper: f64,
}

/// All parameters: the ones that are searched for, the ones that are known, and the linear ones
/// that are solved for.
///
/// Searched ones stand in the order Sigma and Pi row by row, rho, beta, gamma.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    /// Searched for.
    pub free: Vec<Parameter>,
    /// Known: equal bounds.
    pub fixed: Vec<Parameter>,
    /// Columns of mean utility whose coefficients are solved for.
    pub solved_beta: Vec<usize>,
    /// Columns of marginal cost whose coefficients are solved for.
    pub solved_gamma: Vec<usize>,
    /// Number of columns of Sigma, all of them.
    pub random: usize,
    /// Number of demographics.
    pub demographics: usize,
    /// Number of nesting parameters; 0 without nests.
    pub groups: usize,
    /// Column of the nodes for each column of Sigma; `None` where the column is zero.
    pub node: Vec<Option<usize>>,
}

impl Parameters {
    /// Starting values of the parameters that are searched for.
    pub fn starts(&self) -> Vec<f64> {
        self.free.iter().map(|p| p.start).collect()
    }

    /// How many of them move mean utilities; these come first.
    pub fn nonlinear(&self) -> usize {
        let moves = |p: &&Parameter| p.kind.moves_mean_utility();
        self.free.iter().filter(moves).count()
    }
}
