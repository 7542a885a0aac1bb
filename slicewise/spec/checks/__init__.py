"""Rules that types cannot express: within one document, and between documents."""
