typedef int placeholder_fake;
