"""Values into text: nothing here reads, decides or writes."""
