-- A loss that was only assumed: a restore misses the ops of a device that had been told to erase itself. It may come and still
-- have them; then it sends them again, and the loss is taken back.
ALTER TABLE hole ADD COLUMN assumed INTEGER NOT NULL DEFAULT 0;
