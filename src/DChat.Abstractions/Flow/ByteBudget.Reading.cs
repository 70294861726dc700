using DChat.Core.Admission;

namespace DChat.Abstractions.Flow;

/// <content>Room that is lent while a peer sends, and taken back when others need it.</content>
public sealed partial class ByteBudget
{
    private Holder? _victim;
    private NetworkPrefix _victimPrefix;

    /// <summary>Finds the network with the most bytes in reading.</summary>
    private bool TryFindVictim()
    {
        _victim = null;
        foreach (var (prefix, holder) in _holders)
        {
            if (holder.BytesInReading > (_victim?.BytesInReading ?? 0))
            {
                _victim = holder;
                _victimPrefix = prefix;
            }
        }

        return _victim is not null;
    }

    /// <summary>
    /// Only from one that reads more than the other will hold then, so that networks do not take from each other in turn; and all
    /// of it, since what is left is for the first in turn, however much it needs.
    /// </summary>
    private bool MayReclaim(NetworkPrefix prefix, long bytes) =>
        _victim is { } victim && HeldBy(prefix) + bytes < victim.BytesInReading;

    private void Reclaim(long bytes)
    {
        while (bytes > 0)
        {
            var oldest = _victim!.Oldest;
            _victim.Remove(oldest);
            LetGo(oldest.Bytes, _victimPrefix);
            bytes -= oldest.Bytes;
            oldest.Reclaim();
        }
    }

    /// <summary>What one network holds.</summary>
    private sealed class Holder
    {
        // Most budgets lend nothing.
        private LinkedList<Reading>? _readings;

        public long Held { get; set; }

        /// <summary>The part of <see cref="Held"/> that is lent.</summary>
        public long BytesInReading { get; private set; }

        public Reading Oldest => _readings!.First!.Value;

        public void Add(Reading reading)
        {
            reading.Place = (_readings ??= []).AddLast(reading);
            BytesInReading += reading.Bytes;
        }

        public void Remove(Reading reading)
        {
            _readings!.Remove(reading.Place!);
            reading.Place = null;
            BytesInReading -= reading.Bytes;
        }
    }

    /// <summary>Room lent for what a peer still has to send.</summary>
    public sealed class Reading : IDisposable
    {
        private readonly ByteBudget _budget;
        private readonly NetworkPrefix _prefix;
        private readonly CancellationTokenSource _reclaimed = new();

        internal Reading(ByteBudget budget, long bytes, NetworkPrefix prefix)
        {
            _budget = budget;
            _prefix = prefix;
            Bytes = bytes;
            Reclaimed = _reclaimed.Token;
        }

        /// <summary>Fires when the room is taken back; reading must stop then, and what was read is to be dropped.</summary>
        public CancellationToken Reclaimed { get; }

        internal long Bytes { get; }

        /// <summary>Where it stands among those of its network; null when it is no loan any more. Under the budget's lock.</summary>
        internal LinkedListNode<Reading>? Place { get; set; }

        /// <summary>Keeps the room: it is held from now on until it is released. False when it was taken back or given back.</summary>
        public bool TryKeep()
        {
            lock (_budget._gate)
            {
                return TryEnd();
            }
        }

        /// <summary>Gives the room back, unless it is kept or taken back.</summary>
        public void Dispose()
        {
            lock (_budget._gate)
            {
                if (TryEnd())
                {
                    _budget.LetGo(Bytes, _prefix);
                    _budget.Grant();
                }
            }
        }

        /// <summary>Not on this thread, which holds the lock.</summary>
        internal void Reclaim() => _ = _reclaimed.CancelAsync();

        private bool TryEnd()
        {
            if (Place is null)
            {
                return false;
            }

            _budget._holders[_prefix].Remove(this);
            return true;
        }
    }
}
