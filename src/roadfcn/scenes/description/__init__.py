"""What a scene is: streets, cameras, light and weather as numbers, and the classes in it."""
