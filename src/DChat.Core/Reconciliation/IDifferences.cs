namespace DChat.Core.Reconciliation;

/// <summary>Takes the differences between two sets as they are found, each once.</summary>
public interface IDifferences
{
    /// <summary>We have an item that the peer does not have.</summary>
    void Have(SetItem item);

    /// <summary>The peer says that it has an item that we do not have.</summary>
    void Need(Bytes32 id);
}
