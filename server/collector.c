typedef int placeholder_collector;
