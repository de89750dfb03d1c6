BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE "checkpoints" (
	stream_id INTEGER NOT NULL, 
	resume BIGINT NOT NULL, 
	speech_samples BIGINT NOT NULL, 
	transcribed_samples BIGINT NOT NULL, 
	revision INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_checkpoints PRIMARY KEY (stream_id, revision), 
	CONSTRAINT ck_checkpoints_resume CHECK (resume >= 0), 
	CONSTRAINT fk_checkpoints_stream_id_streams FOREIGN KEY(stream_id) REFERENCES streams (id) ON DELETE CASCADE
);
INSERT INTO "checkpoints" VALUES(1,32000,30000,30000,1);
INSERT INTO "checkpoints" VALUES(2,48000,24000,20000,1);
INSERT INTO "checkpoints" VALUES(3,16000,14400,14400,1);
INSERT INTO "checkpoints" VALUES(1,32000,30000,30000,2);
INSERT INTO "checkpoints" VALUES(2,48000,24000,20000,2);
CREATE TABLE events (
	meeting_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	payload JSON NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (meeting_id, seq), 
	CONSTRAINT ck_events_seq CHECK (seq >= 1), 
	CONSTRAINT fk_events_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE
);
INSERT INTO "events" VALUES('ended',1,'meeting','{"title":"Rückblick","state":"live","started_at":"2026-03-04T09:00:00.123456+00:00","ended_at":null,"language":"de","vocabulary":["Zürich"]}');
INSERT INTO "events" VALUES('ended',2,'participant','{"id":"ann","name":"Änn","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":false}');
INSERT INTO "events" VALUES('ended',3,'participant','{"id":"ben","name":"ben","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":false}');
INSERT INTO "events" VALUES('ended',4,'participant','{"id":"ann","name":"Änn","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":true}');
INSERT INTO "events" VALUES('ended',5,'participant','{"id":"ben","name":"ben","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":true}');
INSERT INTO "events" VALUES('ended',6,'sentence','{"id":"1-1600-0","participant_id":"ann","start_ms":100,"end_ms":1900,"text":"Grüezi mitenand.","confidence":0.9,"words":[["Grüezi",100,980,0.9],["mitenand.",1000,1880,0.9]],"edited":false}');
INSERT INTO "events" VALUES('ended',7,'sentence','{"id":"2-32000-0","participant_id":"ben","start_ms":2000,"end_ms":3500,"text":"Are we ready?","confidence":0.9,"words":[["Are",2000,2480,0.9],["we",2500,2980,0.9],["ready?",3000,3480,0.9]],"edited":false}');
INSERT INTO "events" VALUES('ended',8,'gap','{"participant_id":"ben","start_ms":3500,"end_ms":4000}');
INSERT INTO "events" VALUES('ended',9,'participant','{"id":"ann","name":"Änn","received_ms":2000,"speech_ms":1875,"transcribed_ms":1875,"present":false}');
INSERT INTO "events" VALUES('ended',10,'participant','{"id":"ben","name":"ben","received_ms":3000,"speech_ms":1500,"transcribed_ms":1250,"present":false}');
INSERT INTO "events" VALUES('ended',11,'meeting','{"title":"Rückblick","state":"ending","started_at":"2026-03-04T09:00:00.123456+00:00","ended_at":null,"language":"de","vocabulary":["Zürich"]}');
INSERT INTO "events" VALUES('ended',12,'meeting','{"title":"Rückblick","state":"ended","started_at":"2026-03-04T09:00:00.123456+00:00","ended_at":"2026-03-04T09:00:05+00:00","language":"de","vocabulary":["Zürich"]}');
INSERT INTO "events" VALUES('live',1,'meeting','{"title":"Weekly","state":"live","started_at":"2026-03-04T09:00:00.123456+00:00","ended_at":null,"language":null,"vocabulary":[]}');
INSERT INTO "events" VALUES('live',2,'participant','{"id":"eve","name":"Eve","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":false}');
INSERT INTO "events" VALUES('live',3,'participant','{"id":"eve","name":"Eve","received_ms":0,"speech_ms":0,"transcribed_ms":0,"present":true}');
INSERT INTO "events" VALUES('live',4,'sentence','{"id":"3-0-0","participant_id":"eve","start_ms":0,"end_ms":900,"text":"Hello there.","confidence":0.9,"words":[["Hello",0,430,0.9],["there.",450,880,0.9]],"edited":false}');
INSERT INTO "events" VALUES('ended',13,'revision','{"number":2,"model":"demo","vocabulary":["Zürich"],"state":"running","created_at":"2026-03-04T09:00:00.123456+00:00","finished_at":null,"progress":0.0,"detail":null}');
INSERT INTO "events" VALUES('ended',14,'revision','{"number":2,"model":"demo","vocabulary":["Zürich"],"state":"done","created_at":"2026-03-04T09:00:00.123456+00:00","finished_at":"2026-03-04T09:00:00.123456+00:00","progress":1.0,"detail":null}');
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
INSERT INTO "gaps" VALUES(2,3500,4000,'ended','ben',8);
CREATE TABLE meetings (
	id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	title_folded TEXT NOT NULL, 
	state TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	language TEXT, 
	vocabulary JSON NOT NULL, 
	last_seq INTEGER NOT NULL, model TEXT, last_revision INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_meetings PRIMARY KEY (id), 
	CONSTRAINT ck_meetings_state CHECK (state IN ('live', 'ending', 'ended')), 
	CONSTRAINT ck_meetings_last_seq CHECK (last_seq >= 0)
);
INSERT INTO "meetings" VALUES('ended','Rückblick','rückblick','ended','2026-03-04 09:00:00.123456','2026-03-04 09:00:05.000000','de','["Zürich"]',14,NULL,2);
INSERT INTO "meetings" VALUES('live','Weekly','weekly','live','2026-03-04 09:00:00.123456',NULL,NULL,'[]',4,NULL,1);
CREATE TABLE participants (
	meeting_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_participants PRIMARY KEY (meeting_id, id), 
	CONSTRAINT fk_participants_meeting_id_meetings FOREIGN KEY(meeting_id) REFERENCES meetings (id) ON DELETE CASCADE, 
	CONSTRAINT uq_participants_meeting_id_position UNIQUE (meeting_id, position)
);
INSERT INTO "participants" VALUES('ended','ann','Änn',1);
INSERT INTO "participants" VALUES('ended','ben','ben',2);
INSERT INTO "participants" VALUES('live','eve','Eve',1);
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
INSERT INTO "sentences" VALUES('ended','1-1600-0',1,'ann',6,100,1900,'Grüezi mitenand.','grüezi mitenand.',0.9,'[["Grüezi",100,980,0.9],["mitenand.",1000,1880,0.9]]',1);
INSERT INTO "sentences" VALUES('ended','2-32000-0',2,'ben',7,2000,3500,'Are we ready?','are we ready?',0.9,'[["Are",2000,2480,0.9],["we",2500,2980,0.9],["ready?",3000,3480,0.9]]',1);
INSERT INTO "sentences" VALUES('live','3-0-0',3,'eve',4,0,900,'Hello there.','hello there.',0.9,'[["Hello",0,430,0.9],["there.",450,880,0.9]]',1);
INSERT INTO "sentences" VALUES('ended','r2-1-1600-0',1,'ann',14,100,1900,'Grüezi Zürich.','grüezi zürich.',0.9,'[["Grüezi",100,980,0.9],["Zürich.",1000,1880,0.9]]',2);
CREATE TABLE streams (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	meeting_id TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	rate_hz INTEGER NOT NULL, 
	anchor_ms BIGINT NOT NULL, 
	ended BOOLEAN NOT NULL, 
	finished BOOLEAN NOT NULL, 
	received_samples BIGINT NOT NULL, 
	CONSTRAINT ck_streams_rate_hz CHECK (rate_hz > 0), 
	CONSTRAINT ck_streams_received_samples CHECK (received_samples >= 0), 
	CONSTRAINT fk_streams_meeting_id_participant_id_participants FOREIGN KEY(meeting_id, participant_id) REFERENCES participants (meeting_id, id) ON DELETE CASCADE
);
INSERT INTO "streams" VALUES(1,'ended','ann',48000,0,1,1,96000);
INSERT INTO "streams" VALUES(2,'ended','ben',16000,500,1,1,48000);
INSERT INTO "streams" VALUES(3,'live','eve',16000,0,0,0,20000);
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
