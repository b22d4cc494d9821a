"""What the product costs beside a plain SDK program: `make bench`. Method and results: README.md."""
