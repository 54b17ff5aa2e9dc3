"""Pure tensor functions: indexed pooling and upsampling, index functions, padding."""
