"""MONEY: cart, codes, orders, payments, refunds and the books. One effect, one function, many entrances."""
