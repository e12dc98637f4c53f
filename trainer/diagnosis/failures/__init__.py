"""What a loss curve does not show: crashes, memory that ran out, time that went elsewhere, answers gone wrong."""
