"""What turns rendered prompts into completions; one module an engine."""
