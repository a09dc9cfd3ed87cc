"""The Kafka clients behind readers, writers and topics: kafka-python and confluent-kafka, each with the few calls
needed."""
