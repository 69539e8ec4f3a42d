typedef int placeholder_service;
