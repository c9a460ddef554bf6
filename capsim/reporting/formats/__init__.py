"""Writers of the report: HTML, DOCX, PDF, XLSX."""
