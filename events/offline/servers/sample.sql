-- A small shop, so that the first backup has something in it: about 100,000 rows.
CREATE TABLE customer (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  since date NOT NULL
);
CREATE TABLE product (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  price numeric(10, 2) NOT NULL CHECK (price > 0),
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE purchase (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customer,
  product_id integer NOT NULL REFERENCES product,
  quantity integer NOT NULL CHECK (quantity > 0),
  purchased_at timestamptz NOT NULL
);
CREATE INDEX ON purchase (customer_id);
CREATE VIEW revenue AS
  SELECT date_trunc('month', purchased_at) AS month, sum(price * quantity) AS total
    FROM purchase JOIN product ON product.id = product_id GROUP BY 1;

INSERT INTO customer (name, email, since)
  SELECT 'Customer ' || i, 'customer' || i || '@example.com', date '2024-01-01' + i % 700
    FROM generate_series(1, 10000) i;
INSERT INTO product (name, price, details)
  SELECT 'Product ' || i, 1 + i % 97 + 0.99, jsonb_build_object('colour', (ARRAY['red', 'green', 'blue'])[1 + i % 3], 'stock', i % 40)
    FROM generate_series(1, 500) i;
INSERT INTO purchase (customer_id, product_id, quantity, purchased_at)
  SELECT 1 + i % 10000, 1 + i % 500, 1 + i % 4, timestamptz '2025-01-01' + i * interval '5 minutes'
    FROM generate_series(1, 90000) i;
