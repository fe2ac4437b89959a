"""The kit's part for components that count anagrams: tokenizers, signatures and lexicons."""
