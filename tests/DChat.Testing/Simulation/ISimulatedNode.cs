namespace DChat.Testing.Simulation;

/// <summary>What is told of its links to whoever takes part in a <see cref="SimulatedNetwork"/>.</summary>
public interface ISimulatedNode
{
    string Name { get; }

    /// <param name="other">The node at the other end.</param>
    /// <param name="isDialed">Whether this end dialed.</param>
    void OnConnected(string other, bool isDialed);

    void OnDisconnected(string other);
}
