using DChat.Abstractions.Messages;
using DChat.Libp2p.Addresses;

namespace DChat.Federation.Sync;

/// <summary>One partner: how it stands with it, and how much it may still bring. Thread-safe.</summary>
/// <param name="address">Where it is reached, ending with its PeerId.</param>
/// <param name="maxBytes">How many envelope bytes it may bring in an hour by runs of its own.</param>
/// <param name="time">The clock.</param>
internal sealed class SyncPartner(Multiaddr address, long maxBytes, TimeProvider time)
{
    private static readonly TimeSpan BudgetPeriod = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private SyncPartnerDescription _told = new(address.Peer!.ToString(), address.ToString(), IsRunning: false);
    private long _budgetFrom = time.GetTimestamp();
    private long _brought;

    /// <summary>Where it is reached.</summary>
    public Multiaddr Address => address;

    /// <summary>Its PeerId as text.</summary>
    public string PeerId { get; } = address.Peer!.ToString();

    /// <summary>How it stands.</summary>
    public SyncPartnerDescription Description { get { lock (_gate) { return _told; } } }

    /// <summary>Whether it may bring something now.</summary>
    public bool MayBring { get { lock (_gate) { return Left() > 0; } } }

    /// <summary>Takes bytes of what it may bring; false when nothing is left. The last may go beyond.</summary>
    public bool TryBring(long bytes)
    {
        lock (_gate)
        {
            if (Left() <= 0)
            {
                return false;
            }

            _brought += bytes;
            return true;
        }
    }

    /// <summary>Notes messages that have come by it, in runs of either side.</summary>
    public void Brought(int messages) => Change(told => told with { TotalPulled = told.TotalPulled + messages });

    /// <summary>Notes how it stands.</summary>
    public void Change(Func<SyncPartnerDescription, SyncPartnerDescription> change)
    {
        lock (_gate)
        {
            _told = change(_told);
        }
    }

    private long Left()
    {
        if (time.GetElapsedTime(_budgetFrom) >= BudgetPeriod)
        {
            (_budgetFrom, _brought) = (time.GetTimestamp(), 0);
        }

        return maxBytes - _brought;
    }
}
