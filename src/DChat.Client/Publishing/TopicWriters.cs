using DChat.Client.Devices;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Client.Publishing;

/// <summary>One author: what seals its messages and what counts them.</summary>
internal sealed record TopicWriter(EnvelopeSealer Sealer, AuthorSequences Sequences);

/// <summary>The writers of the topics in use; deriving keys takes longer than sealing a message with them.</summary>
internal sealed class TopicWriters(IDeviceStore store, TimeProvider time)
{
    /// <summary>The most writers kept; beyond that all are made anew, which costs time and a few unused sequences.</summary>
    internal const int MaxWriters = 1_024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(TopicTag, uint), TopicWriter> _writers = [];

    public TopicWriter Get(Topic topic, uint keyGeneration)
    {
        lock (_gate)
        {
            if (!_writers.TryGetValue((topic.Tag, keyGeneration), out var writer))
            {
                if (_writers.Count == MaxWriters)
                {
                    // Not disposed: a message may be in the middle of being sealed. Their keys go with the garbage.
                    _writers.Clear();
                }

                var sealer = new EnvelopeSealer(store.Device, topic, keyGeneration);
                writer = new TopicWriter(sealer, new AuthorSequences(store, sealer.Author, time));
                _writers[(topic.Tag, keyGeneration)] = writer;
            }

            return writer;
        }
    }
}
