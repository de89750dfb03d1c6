BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE "checkpoints" (
	stream_id INTEGER NOT NULL, 
	resume BIGINT NOT NULL, 
	speech_samples BIGINT NOT NULL, 
	transcribed_samples BIGINT NOT NULL, 
	revision INTEGER DEFAULT '1' NOT NULL, unaccounted_samples BIGINT, 
	CONSTRAINT pk_checkpoints PRIMARY KEY (stream_id, revision), 
	CONSTRAINT fk_checkpoints_stream_id_streams FOREIGN KEY(stream_id) REFERENCES streams (id) ON DELETE CASCADE, 
	CONSTRAINT ck_checkpoints_resume CHECK (resume >= 0)
);
INSERT INTO "checkpoints" VALUES(1,32000,32000,32000,1,NULL);
INSERT INTO "checkpoints" VALUES(2,32000,32000,32000,1,NULL);
INSERT INTO "checkpoints" VALUES(1,32000,32000,32000,2,NULL);
INSERT INTO "checkpoints" VALUES(2,32000,32000,32000,2,NULL);
INSERT INTO "checkpoints" VALUES(3,16000,16000,16000,1,NULL);
CREATE TABLE events (
	meeting_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	payload JSON NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (meeting_id, seq), 
	CONSTRAINT ck_events_seq CHECK (seq >= 1), 
	CONSTRAINT fk_events_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE
);
INSERT INTO "events" VALUES('ended',1,'meeting','{"title":"Wöchentlich","state":"live","started_at":"2026-03-04T09:00:00.123456+00:00","ended_at":null,"language":null,"vocabulary":["Zürich"],"model":"demo","audio_days":null,"transcripts_days":null,"kept_from":null,"audio_removed_at":null}');
INSERT INTO "events" VALUES('ended',2,'participant','{"id":"ann","name":"Ann","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":false,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('ended',3,'participant','{"id":"ann","name":"Ann","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":true,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('ended',4,'sentence','{"id":"1-0-0","participant_id":"ann","start_ms":1000,"end_ms":1900,"text":"Grüezi mitenand.","confidence":0.75,"words":[["Grüezi",1000,1009,0.5],["mitenand.",1010,1019,0.5]],"edited":false}');
INSERT INTO "events" VALUES('ended',5,'participant','{"id":"ann","name":"Ann","received_ms":2000,"speech_ms":2000,"transcribed_ms":2000,"present":false,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('ended',6,'participant','{"id":"ben","name":"Ben","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":false,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('ended',7,'participant','{"id":"ben","name":"Ben","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":true,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('ended',8,'sentence','{"id":"2-0-0","participant_id":"ben","start_ms":2000,"end_ms":2900,"text":"Are we ready?","confidence":0.75,"words":[["Are",2000,2009,0.5],["we",2010,2019,0.5],["ready?",2020,2029,0.5]],"edited":false}');
INSERT INTO "events" VALUES('ended',9,'participant','{"id":"ben","name":"Ben","received_ms":2000,"speech_ms":2000,"transcribed_ms":2000,"present":false,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('ended',10,'meeting','{"title":"Wöchentlich","state":"ended","started_at":"2026-03-04T09:00:00.123456+00:00","ended_at":"2026-03-04T09:00:00.123456+00:00","language":null,"vocabulary":["Zürich"],"model":"demo","audio_days":null,"transcripts_days":null,"kept_from":"2026-03-04T09:00:00.123456+00:00","audio_removed_at":null}');
INSERT INTO "events" VALUES('ended',11,'revision','{"number":2,"model":"demo","vocabulary":["Zürich"],"state":"running","created_at":"2026-03-04T09:00:00.123456+00:00","finished_at":null,"progress":0.0,"detail":null}');
INSERT INTO "events" VALUES('ended',12,'revision','{"number":2,"model":"demo","vocabulary":["Zürich"],"state":"done","created_at":"2026-03-04T09:00:00.123456+00:00","finished_at":"2026-03-04T09:00:00.123456+00:00","progress":1.0,"detail":null}');
INSERT INTO "events" VALUES('live',1,'meeting','{"title":"Meeting of 2026-03-04 09:00 UTC","state":"live","started_at":"2026-03-04T09:00:00.123456+00:00","ended_at":null,"language":null,"vocabulary":[],"model":null,"audio_days":null,"transcripts_days":null,"kept_from":null,"audio_removed_at":null}');
INSERT INTO "events" VALUES('live',2,'participant','{"id":"ann","name":"ann","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":false,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('live',3,'participant','{"id":"ann","name":"ann","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":true,"not_transcribed_ms":0,"gap_ms":0,"silent_ms":0,"waiting_ms":0,"unaccounted_ms":0}');
INSERT INTO "events" VALUES('live',4,'sentence','{"id":"s1","participant_id":"ann","start_ms":1000,"end_ms":1900,"text":"We agree.","confidence":0.75,"words":[["We",1000,1009,0.5],["agree.",1010,1019,0.5]],"edited":false}');
CREATE TABLE gaps (
	stream_id INTEGER NOT NULL, 
	start_ms BIGINT NOT NULL, 
	end_ms BIGINT NOT NULL, 
	meeting_id TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	CONSTRAINT pk_gaps PRIMARY KEY (stream_id, start_ms, end_ms), 
	CONSTRAINT ck_gaps_end_ms CHECK (end_ms >= start_ms), 
	CONSTRAINT fk_gaps_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_gaps_stream_id_streams FOREIGN KEY(stream_id) REFERENCES streams (id) ON DELETE CASCADE
);
CREATE TABLE gone (
	meeting_id TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	CONSTRAINT pk_gone PRIMARY KEY (meeting_id, fingerprint), 
	CONSTRAINT fk_gone_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE
);
CREATE TABLE meetings (
	id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	title_folded TEXT NOT NULL, 
	state TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	language TEXT, 
	vocabulary JSON NOT NULL, 
	last_seq INTEGER NOT NULL, model TEXT, last_revision INTEGER DEFAULT '1' NOT NULL, audio_days DOUBLE, transcripts_days DOUBLE, kept_from DATETIME, audio_removed_at DATETIME, 
	CONSTRAINT pk_meetings PRIMARY KEY (id), 
	CONSTRAINT ck_meetings_state CHECK (state IN ('live', 'ending', 'ended')), 
	CONSTRAINT ck_meetings_last_seq CHECK (last_seq >= 0)
);
INSERT INTO "meetings" VALUES('ended','Wöchentlich','wöchentlich','ended','2026-03-04 09:00:00.123456','2026-03-04 09:00:00.123456',NULL,'["Zürich"]',12,'demo',2,NULL,NULL,'2026-03-04 09:00:00.123456',NULL);
INSERT INTO "meetings" VALUES('live','Meeting of 2026-03-04 09:00 UTC','meeting of 2026-03-04 09:00 utc','live','2026-03-04 09:00:00.123456',NULL,NULL,'[]',4,NULL,1,NULL,NULL,NULL,NULL);
CREATE TABLE participants (
	meeting_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_participants PRIMARY KEY (meeting_id, id), 
	CONSTRAINT fk_participants_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE, 
	CONSTRAINT uq_participants_meeting_id_position UNIQUE (meeting_id, position)
);
INSERT INTO "participants" VALUES('ended','ann','Ann',1);
INSERT INTO "participants" VALUES('ended','ben','Ben',2);
INSERT INTO "participants" VALUES('live','ann','ann',1);
CREATE TABLE revisions (
	meeting_id TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	model TEXT NOT NULL, 
	vocabulary JSON NOT NULL, 
	state TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	detail TEXT, 
	CONSTRAINT pk_revisions PRIMARY KEY (meeting_id, number), 
	CONSTRAINT ck_revisions_number CHECK (number >= 2), 
	CONSTRAINT ck_revisions_state CHECK (state IN ('running', 'done', 'failed')), 
	CONSTRAINT fk_revisions_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE
);
INSERT INTO "revisions" VALUES('ended',2,'demo','["Zürich"]','done','2026-03-04 09:00:00.123456','2026-03-04 09:00:00.123456',NULL);
CREATE TABLE sentences (
	meeting_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	stream_id INTEGER NOT NULL, 
	participant_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	start_ms BIGINT NOT NULL, 
	end_ms BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	text_folded TEXT NOT NULL, 
	confidence DOUBLE NOT NULL, 
	words JSON NOT NULL, revision INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_sentences PRIMARY KEY (meeting_id, id), 
	CONSTRAINT ck_sentences_end_ms CHECK (end_ms >= start_ms), 
	CONSTRAINT fk_sentences_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_sentences_stream_id_streams FOREIGN KEY(stream_id) REFERENCES streams (id) ON DELETE CASCADE
);
INSERT INTO "sentences" VALUES('ended','1-0-0',1,'ann',4,1000,1900,'Grüezi mitenand.','grüezi mitenand.',0.75,'[["Grüezi",1000,1009,0.5],["mitenand.",1010,1019,0.5]]',1);
INSERT INTO "sentences" VALUES('ended','2-0-0',2,'ben',8,2000,2900,'Are we ready?','are we ready?',0.75,'[["Are",2000,2009,0.5],["we",2010,2019,0.5],["ready?",2020,2029,0.5]]',1);
INSERT INTO "sentences" VALUES('ended','r2-1-0-0',1,'ann',12,1000,1900,'Grüezi mitenand.','grüezi mitenand.',0.75,'[["Grüezi",1000,1009,0.5],["mitenand.",1010,1019,0.5]]',2);
INSERT INTO "sentences" VALUES('ended','r2-2-0-0',2,'ben',12,2000,2900,'Are you ready?','are you ready?',0.75,'[["Are",2000,2009,0.5],["you",2010,2019,0.5],["ready?",2020,2029,0.5]]',2);
INSERT INTO "sentences" VALUES('live','s1',3,'ann',4,1000,1900,'We agree.','we agree.',0.75,'[["We",1000,1009,0.5],["agree.",1010,1019,0.5]]',1);
CREATE TABLE streams (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	meeting_id TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	rate_hz INTEGER NOT NULL, 
	anchor_ms BIGINT NOT NULL, 
	ended BOOLEAN NOT NULL, 
	finished BOOLEAN NOT NULL, 
	received_samples BIGINT NOT NULL, repeats INTEGER, 
	CONSTRAINT ck_streams_rate_hz CHECK (rate_hz > 0), 
	CONSTRAINT ck_streams_received_samples CHECK (received_samples >= 0), 
	CONSTRAINT fk_streams_meeting_id_participant_id_participants FOREIGN KEY(meeting_id, participant_id) REFERENCES participants (meeting_id, id) ON DELETE CASCADE
);
INSERT INTO "streams" VALUES(1,'ended','ann',16000,0,1,1,32000,NULL);
INSERT INTO "streams" VALUES(2,'ended','ben',16000,0,1,1,32000,NULL);
INSERT INTO "streams" VALUES(3,'live','ann',48000,250,0,0,96000,1);
CREATE TABLE untranscribed (
	stream_id INTEGER NOT NULL, 
	revision INTEGER NOT NULL, 
	start_sample BIGINT NOT NULL, 
	end_sample BIGINT NOT NULL, 
	meeting_id TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	start_ms BIGINT NOT NULL, 
	end_ms BIGINT NOT NULL, 
	seq INTEGER NOT NULL, 
	CONSTRAINT pk_untranscribed PRIMARY KEY (stream_id, revision, start_sample), 
	CONSTRAINT ck_untranscribed_end_sample CHECK (end_sample >= start_sample), 
	CONSTRAINT fk_untranscribed_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE, 
	CONSTRAINT fk_untranscribed_stream_id_streams FOREIGN KEY(stream_id) REFERENCES streams (id) ON DELETE CASCADE
);
CREATE TABLE wall_clock (
	id INTEGER NOT NULL, 
	seen_at DATETIME NOT NULL, 
	leapt_from DATETIME, 
	leapt_at DATETIME, 
	CONSTRAINT pk_wall_clock PRIMARY KEY (id), 
	CONSTRAINT ck_wall_clock_id CHECK (id = 1)
);
CREATE INDEX ix_meetings_started_at_id ON meetings (started_at, id);
CREATE INDEX ix_streams_meeting_id_participant_id ON streams (meeting_id, participant_id);
CREATE INDEX ix_streams_unfinished ON streams (id) WHERE NOT finished;
CREATE INDEX ix_gaps_meeting_id ON gaps (meeting_id);
CREATE INDEX ix_sentences_stream_id ON sentences (stream_id);
CREATE INDEX ix_sentences_meeting_id_revision ON sentences (meeting_id, revision);
CREATE INDEX ix_untranscribed_meeting_id_revision ON untranscribed (meeting_id, revision);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('streams',3);
COMMIT;
