"""Mail in files and folders."""
