using DChat.Core.Envelopes;

namespace DChat.Core.Admission;

/// <summary>
/// The MessageIds of envelopes verified lately, in full, so that two envelopes are never mistaken for each other. Two
/// generations: when one is full the older is forgotten. Not thread-safe.
/// </summary>
/// <param name="capacity">The most ids held; the newest half is always among them.</param>
internal sealed class SeenFilter(int capacity)
{
    private HashSet<MessageId> _current = [];
    private HashSet<MessageId> _previous = [];

    /// <summary>How many ids are held.</summary>
    public int Count => _current.Count + _previous.Count;

    public bool Contains(MessageId id) => _current.Contains(id) || _previous.Contains(id);

    /// <summary>Adds an id that is not there.</summary>
    public void Add(MessageId id)
    {
        if (_current.Count >= capacity / 2)
        {
            (_current, _previous) = (_previous, _current);
            _current.Clear();
        }

        _current.Add(id);
    }
}
