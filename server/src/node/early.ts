/** Imported before everything else: another thread starts while this one loads the rest. */
import { startIndexer } from "./indexThread";

startIndexer();
