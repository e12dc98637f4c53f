"""Knowledge as tables, each value with its reason and source, and the plan derived from them."""
