"""What do you want? One file a verb; what a verb needs is imported when it is asked for."""
