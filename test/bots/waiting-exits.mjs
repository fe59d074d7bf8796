// Doesn't wait: says so on stderr and leaves with the exit code that it finds in its environment.
process.stderr.write('expected ROOMD_ROOM_ID, got nothing\n');
process.exitCode = Number(process.env.EXIT_CODE);
