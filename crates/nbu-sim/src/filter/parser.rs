//! Reads a filter against the schema of a collection, refusing what the primary refuses.

use super::{
    Attribute, Comparison, Expression, Fold, Kind, Literal, Operators, Schema, Search,
    lexer::{self, Token},
};

/// Nesting beyond this is refused rather than followed.
const MAX_DEPTH: usize = 64;

/// Parses and checks `text`. The error says what is wrong; the caller answers 400 with code 9401.
pub(crate) fn parse<F: Copy>(schema: &Schema<F>, text: &str) -> Result<Expression<F>, String> {
    let mut parser = Parser {
        schema,
        tokens: lexer::tokens(text)?.into_iter().peekable(),
        depth: 0,
    };
    let expression = parser.disjunction()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(extra) => Err(format!("unexpected {extra:?} after the end")),
    }
}

struct Parser<'s, F> {
    schema: &'s Schema<F>,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl<'s, F: Copy> Parser<'s, F> {
    fn disjunction(&mut self) -> Result<Expression<F>, String> {
        let mut left = self.conjunction()?;
        while self.keyword("or") {
            left = Expression::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression<F>, String> {
        let mut left = self.negation()?;
        while self.keyword("and") {
            left = Expression::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression<F>, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        let expression = if self.keyword("not") {
            Expression::Not(Box::new(self.negation()?))
        } else if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inner = self.disjunction()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.term()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn term(&mut self) -> Result<Expression<F>, String> {
        let name = self.word()?;
        let search = match name.as_str() {
            "contains" => Search::Contains,
            "startswith" => Search::StartsWith,
            "endswith" => Search::EndsWith,
            _ => return self.comparison(&name),
        };
        self.expect(&Token::Open)?;
        let name = self.word()?;
        let (attribute, fold) = self.operand(&name)?;
        let needed = if search == Search::Contains {
            Operators::CONTAINS
        } else {
            Operators::ENDS
        };
        allow(attribute, needed, &format!("{search:?}"))?;
        self.expect(&Token::Comma)?;
        let Some(Token::Text(needle)) = self.tokens.next() else {
            return Err(format!("{search:?} needs a quoted string"));
        };
        self.expect(&Token::Close)?;
        Ok(Expression::Search {
            field: attribute.field,
            fold,
            search,
            needle,
        })
    }

    fn comparison(&mut self, name: &str) -> Result<Expression<F>, String> {
        let (attribute, fold) = self.operand(name)?;
        let operator = self.word()?;
        let (comparison, needed) = match operator.as_str() {
            "eq" => (Comparison::Eq, Operators::EQ),
            "ne" => (Comparison::Ne, Operators::NE),
            "lt" => (Comparison::Lt, Operators::RANGE),
            "le" => (Comparison::Le, Operators::RANGE),
            "gt" => (Comparison::Gt, Operators::RANGE),
            "ge" => (Comparison::Ge, Operators::RANGE),
            other => return Err(format!("'{other}' is not an operator")),
        };
        allow(attribute, needed, &operator)?;
        let literal = match (self.tokens.next(), attribute.kind) {
            (Some(Token::Integer(n)), Kind::Integer | Kind::Number) => Literal::Integer(n),
            (Some(Token::Number(n)), Kind::Number) => Literal::Number(n),
            (Some(Token::Text(text)), Kind::Text) => Literal::Text(text),
            (Some(Token::Time(ms)), Kind::Time) => Literal::Integer(ms),
            (Some(Token::Word(word)), Kind::Boolean) if word == "true" || word == "false" => {
                Literal::Boolean(word == "true")
            }
            (got, kind) => {
                return Err(format!("'{name}' is compared with a {kind:?}, not {got:?}"));
            }
        };
        Ok(Expression::Compare {
            field: attribute.field,
            fold,
            comparison,
            literal,
        })
    }

    /// An attribute, or one in `tolower()` or `toupper()`.
    fn operand(&mut self, name: &str) -> Result<(&'s Attribute<F>, Fold), String> {
        let fold = match name {
            "tolower" => Fold::Lower,
            "toupper" => Fold::Upper,
            _ => return Ok((self.attribute(name)?, Fold::Exact)),
        };
        self.expect(&Token::Open)?;
        let inner = self.word()?;
        let attribute = self.attribute(&inner)?;
        allow(attribute, Operators::FOLD, name)?;
        self.expect(&Token::Close)?;
        Ok((attribute, fold))
    }

    fn attribute(&self, name: &str) -> Result<&'s Attribute<F>, String> {
        self.schema
            .iter()
            .find(|attribute| attribute.name == name && attribute.operators != Operators::NONE)
            .ok_or_else(|| format!("'{name}' cannot be filtered"))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Word(word) if word == keyword))
            .is_some()
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(other) => Err(format!("a name was expected, not {other:?}")),
            None => Err("the filter ends too early".to_owned()),
        }
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        match self.tokens.next() {
            Some(got) if got == *token => Ok(()),
            got => Err(format!("{token:?} was expected, not {got:?}")),
        }
    }
}

fn allow<F>(attribute: &Attribute<F>, needed: Operators, what: &str) -> Result<(), String> {
    if attribute.operators.has(needed) {
        Ok(())
    } else {
        Err(format!("'{}' does not support {what}", attribute.name))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Value, *};

    const SCHEMA: &[Attribute<u8>] = &[
        attribute("n", 0, Kind::Integer, Operators::ORDERED),
        attribute("t", 1, Kind::Text, Operators::SEARCH.and(Operators::FOLD)),
        attribute("w", 2, Kind::Time, Operators::ORDERED),
        attribute("s", 3, Kind::Text, Operators::EQUALITY),
    ];

    const fn attribute(
        name: &'static str,
        field: u8,
        kind: Kind,
        operators: Operators,
    ) -> Attribute<u8> {
        Attribute {
            name,
            field,
            kind,
            operators,
            sortable: false,
        }
    }

    fn admits(filter: &str) -> bool {
        parse(SCHEMA, filter).unwrap().admits(&|field| match field {
            0 => Value::Integer(7),
            1 => Value::Text("Weekly".into()),
            2 => Value::Integer(1_000),
            _ => Value::Absent,
        })
    }

    #[test]
    fn precedence_is_not_and_or() {
        assert!(admits("n eq 7 or n eq 8 and n eq 9"));
        assert!(!admits("(n eq 7 or n eq 8) and n eq 9"));
        assert!(admits("not n eq 8 and n ge 7"));
        assert!(!admits("not (n eq 7 or n eq 8)"));
    }

    #[test]
    fn text_functions() {
        assert!(admits("contains(t,'eek')"));
        assert!(admits("startswith(t, 'Week') and endswith(t,'ly')"));
        assert!(admits("startswith(tolower(t),'week')"));
        assert!(!admits("contains(t,'EEK')"));
    }

    #[test]
    fn an_absent_value_is_unlike_every_literal() {
        assert!(admits("s ne 'x'"));
        assert!(!admits("s eq 'x'"));
    }

    #[test]
    fn what_an_attribute_does_not_allow_is_refused() {
        for filter in [
            "t eq 'x'",
            "contains(s,'x')",
            "n eq '7'",
            "w ge '2026-03-02T06:00:00.000Z'",
            "w ge 5",
            "unknown eq 1",
            "n eq 7 or",
            "n eq 7)",
            "(n eq 7",
            "n is 7",
            "",
        ] {
            assert!(parse(SCHEMA, filter).is_err(), "{filter}");
        }
        assert!(parse(SCHEMA, &"(".repeat(10_000)).is_err());
    }
}
