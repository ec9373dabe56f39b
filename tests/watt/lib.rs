//! Empty: this package is its dependencies.
