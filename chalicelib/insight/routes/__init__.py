"""What people see of numbers: dashboards, reports, the performance of courses."""
