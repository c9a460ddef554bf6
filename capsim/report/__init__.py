"""Documents: one content model written to HTML, DOCX, PDF and XLSX."""
