"""The pages: what people see of the product. They read and act through the API's own functions."""
