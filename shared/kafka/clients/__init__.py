"""The Kafka clients behind readers and writers: kafka-python and confluent-kafka, each with the few calls needed."""
