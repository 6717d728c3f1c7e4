//JAVA 25+
//DESCRIPTION 10 · Durable offsets at the prompt: die in the middle, and look what is left
//SOURCES 10-durable-offsets.java

// Open a prompt that knows the chapter, and paste these snippets into it, one by one:
//   ./jbang prompt 10

// A folder, and a log of three clicks in it. It's a plain file, so look at it.

Path folder = Files.createTempDirectory("durable-offsets"), file = DurableOffsets.logIn(folder);
DurableOffsets.FileLog.write(file, DurableOffsets.clicks(3, 42));
IO.print(Files.readString(file));
// ==> prints ba419d35-0dfe-8af7-aee7-bbe10c45c028 ADD_TO_CART
// ==> prints f12bbb4b-46ee-9d83-b52c-856caa616abe PAYMENT
// ==> prints e74367bd-7385-97dc-5e68-8e9961b35c88 PAYMENT

// The offset says where to read. Before the first line, and behind the last one?

DurableOffsets.FileLog log = new DurableOffsets.FileLog(file);
log.take(2).action();
// ==> PAYMENT
log.take(3);
// ==> throws InvalidOffset: An invalid offset has been specified!

// Somebody appends, and is killed in the middle of the line. Is it there?

try (var end = Files.newBufferedWriter(file, StandardOpenOption.APPEND)) { end.write("a1b2c3d4-"); }
log.take(3);
// ==> throws InvalidOffset: An invalid offset has been specified!

// Half a line isn't there yet. Now a ledger, in the same folder. Where would we begin?

Path books = folder.resolve("books.db");
DurableOffsets.Ledger ledger = DurableOffsets.Ledger.open(books, "clicks");
ledger.next();
// ==> 0

// Of a process that dies, the ledger is what's left to the next one.

void die() throws SQLException {
  ledger.close();
  ledger = DurableOffsets.Ledger.open(books, "clicks");
}

// One click, saved first. By hand, it's two lines, and we die between them. Where does the next
// process go on, and what does the audit say?

ledger.save(1); die(); ledger.next();
// ==> 1
DurableOffsets.Audit.of(log, 3, books, "clicks");
// ==> Audit[lost=3, repeated=0]

// It goes on at 1, and the effect of click 0 is lost for good. (Clicks 1 and 2 are still to come.)
// The other order, with the next click. We die between the lines again, and do what's left to do.

SupervisionTree.Item item(long offset) { return new SupervisionTree.Item(offset, log.take(offset)); }
ledger.book(item(1)); die(); DurableOffsets.saveLast(ledger, ledger.next(), item(ledger.next()));
// ==> 2
DurableOffsets.Audit.of(log, 3, books, "clicks");
// ==> Audit[lost=2, repeated=1]

// Once too often. And in one transaction? We die in the middle of it, of an Error.

ledger.inOneTransaction(() -> {
  ledger.advance(2, 3);
  ledger.book(item(2));
  throw new Error("kill -9");
});
// ==> throws Error: kill -9
die(); ledger.next();
// ==> 2

// Nothing has happened, so it can be done again. (Here Java rolled back. After a real kill, SQLite
// does, when somebody opens the file again.) And what if it's done twice, since nobody heard of
// the first time?

DurableOffsets.saveTogether(ledger, 2, item(2));
// ==> 3
DurableOffsets.saveTogether(ledger, 2, item(2));
// ==> 3
DurableOffsets.Audit.of(log, 3, books, "clicks");
// ==> Audit[lost=1, repeated=1]

// The second one found that it had been done: the ledger wasn't at 2 any more. The audit still knows
// of our first two tries. It always will.

ledger.close(); log.close(); DurableOffsets.deleteAll(folder); Files.exists(folder);
// ==> false
