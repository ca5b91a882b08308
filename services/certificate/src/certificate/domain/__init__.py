"""The rules: what a certificate attests, when one is issued, how it is signed, who may see it."""
