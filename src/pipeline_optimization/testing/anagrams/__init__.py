"""The kit for components that count anagrams: tokenizers, signatures and lexicons."""
