"""What a county hands in: tables read and checked."""
