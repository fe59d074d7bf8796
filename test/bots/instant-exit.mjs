// Never gets as far as its first event.
process.stderr.write('no such module: everything\n');
process.exit(1);
