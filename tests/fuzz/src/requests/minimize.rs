//! The least of a list that still does what all of it does.

/// Removes elements, halves first, as long as `is_wrong` says of what is left that it is as wrong as before.
pub(super) fn minimize<T: Clone, E>(
    mut list: Vec<T>,
    mut is_wrong: impl FnMut(&[T]) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    let mut size = list.len().div_ceil(2);
    while size > 0 && list.len() > 1 {
        let mut at = 0;
        let mut is_smaller = false;
        while at < list.len() {
            let end = (at + size).min(list.len());
            let rest = [&list[..at], &list[end..]].concat();
            if !rest.is_empty() && is_wrong(&rest)? {
                list = rest;
                is_smaller = true;
            } else {
                at = end;
            }
        }
        if size == 1 && !is_smaller {
            break;
        }
        size = if size == 1 { 1 } else { size.div_ceil(2) };
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::minimize;

    #[test]
    fn what_is_needed_is_left() {
        let mut tries = 0;
        let list = minimize((0..200).collect(), |list: &[i32]| {
            tries += 1;
            Ok::<_, ()>(list.contains(&17) && list.contains(&150))
        });
        assert_eq!(list, Ok(vec![17, 150]));
        assert!(tries < 80, "{tries}");
    }

    #[test]
    fn one_is_the_least() {
        assert_eq!(minimize(vec![1, 2, 3], |_: &[i32]| Ok::<_, ()>(true)), Ok(vec![3]));
    }
}
