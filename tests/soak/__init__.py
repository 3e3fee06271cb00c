"""What must hold under load and after crashes, each shown beside the control that fails."""
