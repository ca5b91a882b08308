"""What every Syllabus service stands on. A library: services call it, it knows none of them."""
