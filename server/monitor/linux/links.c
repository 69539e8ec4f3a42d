typedef int placeholder_links;
