"""Reading any file, finding the roles of its columns, and proving what will be learned."""
